// SPDX-License-Identifier: MIT
/** Installs the register module in Node processes through NODE_OPTIONS. */

/** Recognises our own entry, so that nested launches do not add a second one. */
const marker = 'upm-advise-hook';

/**
 * The option that loads the hook. It is a data: module which imports the hook and catches whatever
 * goes wrong: a plain `--import=file:…` would keep a function from starting wherever the file cannot
 * be read, by another user or in another root filesystem.
 */
function importOption(registerUrl: string): string {
  const source =
    `/*${marker}*/await import(${JSON.stringify(registerUrl)}).catch((e)=>` +
    'console.error("upm-advise: hook not loaded, the function runs without it: "+e.message))';
  // encodeURIComponent leaves a few characters that shells and NODE_OPTIONS could trip over.
  const encoded = encodeURIComponent(source).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
  return `--import=data:text/javascript,${encoded}`;
}

/**
 * NODE_OPTIONS with the hook appended to what the user has there.
 * @param registerUrl file: URL of the register module.
 */
export function nodeOptionsWithHook(current: string | undefined, registerUrl: string): string {
  if (current?.includes(marker)) return current;
  return [current?.trim(), importOption(registerUrl)].filter(Boolean).join(' ');
}
