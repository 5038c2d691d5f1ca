/** `petrify explain`: what a control is about. Loads the catalogue and nothing else. */
import { controls } from '../../controls/index.ts';
import { Failure } from '../../failure.ts';
import { renderControl, renderControlList } from '../../report/explain.ts';
import { styleFor } from '../../report/style.ts';
import { EXIT_HOLDS } from '../exit-codes.ts';
import type { Io } from '../io.ts';

/** Prints one control in full, or all of them in a line each. Throws Failure('bad-usage') for an unknown name. */
export async function explain(id: string | undefined, io: Io): Promise<number> {
  const style = styleFor(io.colour.out);
  if (id === undefined) {
    io.out(renderControlList(controls, style));
    return EXIT_HOLDS;
  }
  const control =
    controls.find((one) => one.id === id) ??
    controls.find((one) => one.aliases.some((alias) => alias.endsWith(`: ${id}`)));
  if (!control) {
    throw new Failure('bad-usage', `There is no control ${id}.`, { hint: 'petrify explain lists them all' });
  }
  io.out(renderControl(control, style));
  return EXIT_HOLDS;
}
