/** Set the permissions of files and directories of the image, to those that they have. */
import { attributeAttack } from '../image-attributes.ts';
import { call } from '../probe/program.ts';
import { AT_FDCWD } from '../probe/syscalls.ts';

const attack = attributeAttack(
  {
    id: 'change-mode',
    title: 'Change the permissions of a file of the image',
    technique: 'T1562',
    why: 'Permissions that are opened for all let every process in, and a set-id bit makes a program run as its owner.',
  },
  (_target, path, { mode }) => {
    const changed = call('fchmodat', AT_FDCWD, path, mode);
    return { program: [changed], decisive: [changed], remark: 'to those that it has' };
  },
);

export default attack;
