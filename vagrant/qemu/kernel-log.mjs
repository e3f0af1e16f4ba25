// SPDX-License-Identifier: MIT
/** Reads a guest's kernel log for what a kernel says when something is wrong with it. */

const complaints = [
  /\bWARNING:/,
  /\bBUG:/,
  /\bBUG at\b/,
  /\bOops\b/,
  /Kernel panic/,
  /general protection fault/,
  /[Uu]nable to handle (kernel|page fault)/,
  /invalid opcode/,
  /stack segment:|double fault|divide error/,
  /\bUBSAN:/,
  /KASAN:/,
  // lockdep
  /possible (circular|recursive|irq lock) /,
  /inconsistent lock state/,
  /bad unlock balance/,
  /suspicious RCU usage/,
  /lock held when returning to user space|held lock freed/,
  /DEBUG_LOCKS_WARN_ON|INFO: trying to register non-static key/,
  // stalls
  /INFO: task .* blocked for more than/,
  /detected stalls|self-detected stall|soft lockup|hard LOCKUP/,
  // memory
  /Bad page|bad page|Bad rss-counter|non-zero pgtables_bytes/,
  /list_(add|del) corruption|refcount_t:/,
  /Objects remaining in|Slab cache still has objects/,
  /unreferenced object|new suspected memory leaks/,
  /ODEBUG:/,
];

/** Of the kernels themselves, with any module or none. */
const harmless = [/Spectre V2 ?: WARNING/];

/** Tainted by an out-of-tree (O) and unsigned (E) module: that is what we are. */
const allowedTaint = (1 << 12) | (1 << 13);

/**
 * @param {string} log @param {readonly RegExp[]} [allowed] complaints the program provokes on purpose
 * @returns {readonly string[]} each with some lines around it
 */
export function kernelComplaints(log, allowed = []) {
  const lines = log.split('\n');
  const isComplaint = (line) =>
    complaints.some((each) => each.test(line)) &&
    ![...harmless, ...allowed].some((each) => each.test(line));
  const found = [];
  let shownUpTo = 0;
  lines.forEach((line, index) => {
    if (index < shownUpTo || !isComplaint(line)) return;
    shownUpTo = index + 40;
    found.push(lines.slice(Math.max(0, index - 2), shownUpTo).join('\n'));
  });
  return found;
}

/** @param {number} taint @returns {string | undefined} */
export function taintComplaint(taint) {
  const rest = taint & ~allowedTaint;
  return rest === 0 ? undefined : `the kernel is tainted: ${taint} (unexpected: ${rest})`;
}
