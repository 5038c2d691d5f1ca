/** Set the owner of files and directories of the image, to the one that they have. */
import { attributeAttack } from '../image-attributes.ts';
import { call } from '../probe/program.ts';
import { AT_FDCWD } from '../probe/syscalls.ts';

const attack = attributeAttack(
  {
    id: 'change-owner',
    title: 'Change the owner of a file of the image',
    technique: 'T1562',
    why: 'Who owns a file may change it from then on, whatever its permissions were meant to prevent.',
  },
  (_target, path, { uid, gid }) => {
    // Not -1 for both, which asks for no permission at all.
    const changed = call('fchownat', AT_FDCWD, path, uid, gid, 0);
    return { program: [changed], decisive: [changed], remark: 'to the one that it has' };
  },
);

export default attack;
