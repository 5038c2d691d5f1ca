/** Write into a directory or file of the host that is mounted into the container, and execute what was written. */
import type { Attack } from '../attack.ts';
import { writeIntoPlaces } from '../dropping.ts';
import { hostPlaces } from '../target.ts';

const attack: Attack = {
  id: 'write-host-path',
  title: 'Write to a path of the host and execute there',
  family: 'neighbours',
  technique: 'T1611',
  harmless: false,
  opens: { kind: 'place', why: 'a path of the host' },
  why: 'What is left on the host outlives the container, and the host or another pod may run or trust it.',
  stoppedBy: ['writable-host-path'],
  plan(target) {
    const places = hostPlaces(target);
    const { tries, skipped } = writeIntoPlaces(target, places);
    const none = { place: '', reason: 'no path of the host is mounted' };
    return { tries, skipped: places.length === 0 ? [none] : skipped };
  },
};

export default attack;
