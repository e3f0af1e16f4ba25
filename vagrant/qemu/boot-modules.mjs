// SPDX-License-Identifier: MIT
/** Which of a kernel's own modules a guest needs, in the order in which they can be loaded. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * @param {import('./kernels.mjs').Kernel} kernel
 * @param {readonly string[]} names those that are built in cost nothing
 * @param {readonly string[]} [optional] not every kernel has them
 * @returns {Promise<Map<string, Buffer>>} file name and content, ready for insmod
 */
export async function bootModules(kernel, names, optional = []) {
  if (!kernel.modules) return new Map();
  const lines = (file) => readFileSync(join(kernel.modules, file), 'utf8').split('\n');
  const builtIn = new Set(lines('modules.builtin').map(nameOf));
  const dependencies = new Map(
    lines('modules.dep')
      .map((line) => line.split(/:? +|:$/).filter(Boolean))
      .filter(([file]) => file)
      .map(([file, ...needed]) => [nameOf(file), [file, ...needed]]),
  );
  const files = new Set();
  for (const name of [...names, ...optional].map(nameOf)) {
    const needed = dependencies.get(name);
    if (needed) for (const file of needed.toReversed()) files.add(file);
    else if (!builtIn.has(name) && names.some((each) => nameOf(each) === name)) {
      throw new Error(`kernel ${kernel.release} has no module ${name}`);
    }
  }
  return unpacked(kernel, [...files]);
}

/** "kernel/drivers/virtio/virtio-pci.ko.xz" is virtio_pci. */
function nameOf(path) {
  return basename(path)
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_');
}

/** The kernel may not know how to unpack a module that insmod hands to it. */
async function unpacked(kernel, files) {
  const { chroot } = kernel;
  const directory = mkdtempSync(chroot.path('tmp/boot-modules-'));
  try {
    const script = `set -e
      target=$1; cd "$2"; shift 2
      for file; do
        name=$(basename "$file")
        case $file in
          *.xz) xz -dc "$file" >"$target/\${name%.xz}" ;;
          *) cp "$file" "$target/$name" ;;
        esac
      done`;
    const inside = [`/tmp/${basename(directory)}`, `/usr/lib/modules/${kernel.release}`];
    await chroot.run(['sh', '-c', script, 'sh', ...inside, ...files]);
    return new Map(
      files
        .map((file) => basename(file).replace(/\.xz$/, ''))
        .map((name) => [name, readFileSync(join(directory, name))]),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}
