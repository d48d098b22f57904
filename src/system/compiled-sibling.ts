/** Where the code of a process or thread lies that a module starts. */

/** The compiled sibling of a module. From the sources, which Node cannot run, it is the one that the build wrote. */
export function compiledSibling(name: string, from: string): URL {
  if (!from.endsWith('.ts')) return new URL(`./${name}.js`, from);
  return new URL(`./${name}.js`, from.replace(/\/src\/(?=[^/]+\/[^/]+$)/, '/dist/'));
}
