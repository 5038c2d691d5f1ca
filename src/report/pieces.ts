/** Puts the pieces of a report together, as they come or all at the end, the way its format says. */
import type { Format, Summary } from './check-result.ts';

export interface Pieces {
  workload(piece: string): void;
  object(piece: string): void;
  close(summary: Omit<Summary, 'leftOut'>): void;
}

/** Characters of objects that wait for the last workload, at most: those with findings only. */
const MAX_WAITING = 64 * 1024 * 1024;

/** @param print called with the report part by part; the first call comes with the first piece, or with `close` */
export function piecesOf(format: Format, print: (text: string) => void, maxWaiting = MAX_WAITING): Pieces {
  const { held } = format;
  return held === undefined ? streamed(format, print, maxWaiting) : kept(format, held, print);
}

function streamed(format: Format, print: (text: string) => void, maxWaiting: number): Pieces {
  const objects: string[] = [];
  let waiting = 0;
  let leftOut = 0;
  let printed = 0;
  const next = (piece: string): void => {
    print((printed++ === 0 ? '' : format.separator) + piece);
  };
  const begin = (): void => {
    if (printed === 0) print(format.open());
  };
  return {
    workload: (piece) => {
      if (piece === '') return;
      begin();
      next(piece);
    },
    // Workloads come first, so objects wait; of most of them nothing is said.
    object: (piece) => {
      if (piece === '') return;
      waiting += piece.length;
      if (waiting > maxWaiting) leftOut += 1;
      else objects.push(piece);
    },
    close: ({ notices, ...rest }) => {
      const message = `and ${leftOut} more objects with findings, which do not fit in here: check it in parts`;
      const more = leftOut === 0 ? [] : [{ file: 'this report', message }];
      const summary = { ...rest, notices: [...notices, ...more], leftOut };
      begin();
      if (format.objects !== undefined) {
        print(format.objects);
        printed = 0;
      }
      for (const piece of objects) next(piece);
      print(format.close(summary));
    },
  };
}

function kept(format: Format, held: number, print: (text: string) => void): Pieces {
  const workloads: string[] = [];
  const objects: string[] = [];
  let length = 0;
  let leftOut = 0;
  const keep = (list: string[], piece: string): void => {
    if (piece === '') return;
    if (length + piece.length > held) {
      leftOut += 1;
      return;
    }
    length += piece.length;
    list.push(piece);
  };
  return {
    workload: (piece) => keep(workloads, piece),
    object: (piece) => keep(objects, piece),
    close: (rest) => {
      const summary = { ...rest, leftOut };
      print(format.open(summary));
      if (format.objects === undefined) print([...workloads, ...objects].join(format.separator));
      else print(workloads.join(format.separator) + format.objects + objects.join(format.separator));
      print(format.close(summary));
    },
  };
}
