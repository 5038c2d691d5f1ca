/** `npm run bench -- NAME [ARGS]` runs one benchmark of this folder, which prints what it measured; without a name it lists them. */
import { readdirSync, readFileSync } from 'node:fs';

/** Files of this folder that are no benchmarks themselves. */
const PARTS: ReadonlySet<string> = new Set(['main', 'measure', 'manifests']);

const folder = new URL('./', import.meta.url);
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .filter((name) => !PARTS.has(name))
  .sort();

const [name, ...args] = process.argv.slice(2);
if (name !== undefined && names.includes(name)) await run(name, args);
else {
  if (name !== undefined) console.error(`There is no benchmark ${name}.`);
  for (const known of names) console.log(`${known.padEnd(12)}${purposeOf(known)}`);
  process.exitCode = name === undefined ? 0 : 2;
}

async function run(name: string, args: readonly string[]): Promise<void> {
  const { default: bench } = (await import(`./${name}.ts`)) as {
    /** Prints its result; returns the exit code. */
    default: (args: readonly string[]) => Promise<number>;
  };
  process.exitCode = await bench(args);
}

/** The sentence that every file opens with. */
function purposeOf(name: string): string {
  const first = readFileSync(new URL(`${name}.ts`, folder), 'utf8').split('\n', 1)[0]!;
  return first.replace(/^\/\*\*\s*/, '').replace(/\s*\*\/$/, '');
}
