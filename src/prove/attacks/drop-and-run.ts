/** Drop a program into every writable mount and execute it. */
import type { Attack } from '../attack.ts';
import { writeIntoPlaces } from '../dropping.ts';
import { writablePlaces } from '../target.ts';

const attack: Attack = {
  id: 'drop-and-run',
  title: 'Drop a program into a writable mount and execute it',
  family: 'code',
  technique: 'T1036',
  harmless: false,
  opens: { kind: 'place', why: 'a writable mount' },
  why: 'What a volume lets the application write, it lets an intruder write as well, and as a rule execute.',
  stoppedBy: ['image-volume', 'writable-program-directory', 'termination-message-path'],
  plan(target) {
    // Paths of the host are another attack's.
    return writeIntoPlaces(
      target,
      writablePlaces(target).filter(({ ofHost }) => !ofHost),
    );
  },
};

export default attack;
