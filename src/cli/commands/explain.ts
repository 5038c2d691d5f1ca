/** `petrify explain`: what a control is about. Loads the catalogue and nothing else. */
import { controls } from '../../controls/index.ts';
import { controlsNamed, nearestName, whyLeftOut } from '../../controls/lookup.ts';
import { Failure } from '../../failure.ts';
import { renderControl, renderControlList } from '../../report/explain.ts';
import { styleFor } from '../../report/style.ts';
import { EXIT_HOLDS } from '../exit-codes.ts';
import type { Io } from '../io.ts';

/**
 * Prints one control in full, or several in a line each: all of them, or those that another tool's id stands for. Throws
 * Failure('bad-usage') for an unknown name.
 */
export async function explain(name: string | undefined, io: Io): Promise<number> {
  const style = styleFor(io.colour.out);
  const found = name === undefined ? controls : controlsNamed(name, controls);
  const [first, second] = found;
  if (first === undefined) throw unknown(name ?? '');
  io.out(second === undefined ? renderControl(first, style) : renderControlList(found, style));
  return EXIT_HOLDS;
}

function unknown(name: string): Failure {
  const why = whyLeftOut(name);
  if (why !== undefined)
    return new Failure('bad-usage', `Petrify has no control for ${name}, on purpose.`, { hint: why });
  const near = nearestName(name, controls);
  const said = near === undefined ? '' : `did you mean ${near}? `;
  return new Failure('bad-usage', `There is no control ${name}.`, { hint: `${said}petrify explain lists them all` });
}
