/** Set an extended attribute of files and directories of the image, and remove it. */
import { attributeAttack } from '../image-attributes.ts';
import { call } from '../probe/program.ts';

const VALUE = Buffer.from('petrify');

const attack = attributeAttack(
  {
    id: 'set-extended-attribute',
    title: 'Set an extended attribute of a file of the image',
    technique: 'T1562',
    why: 'Extended attributes hold access lists, capabilities of programs and labels, and hide data where nobody looks.',
  },
  ({ token }, path) => {
    const name = `user.petrify-${token}`;
    const set = call('setxattr', path, name, VALUE, VALUE.length, 0);
    const program = [set, call('removexattr', path, name)];
    // A file system without such attributes says so only after it was asked whether it may be written.
    return { program, decisive: [set], reached: ['EOPNOTSUPP'], remark: 'nothing of it was left' };
  },
);

export default attack;
