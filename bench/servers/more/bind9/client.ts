/** Asks for an address of the zone over UDP: one DNS message by hand. */
import { createSocket } from 'node:dgram';
import { ANSWER_MS, type Client, expectAnswer } from '../../client.ts';

const NAME = ['www', 'bench', 'test'];
const [TYPE_A, CLASS_IN] = [1, 1];

const client: Client = {
  async check(address) {
    const id = Math.floor(Math.random() * 0x10000);
    const question = Buffer.concat([
      ...NAME.map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
      Buffer.from([0, 0, TYPE_A, 0, CLASS_IN]),
    ]);
    const header = Buffer.alloc(12);
    header.writeUInt16BE(id, 0);
    header.writeUInt16BE(1, 4);
    const answer = await ask(address, Buffer.concat([header, question]));
    const [answeredId, code, answers] = [answer.readUInt16BE(0), answer[3]! & 0xf, answer.readUInt16BE(6)];
    expectAnswer('the header of the answer', `${answeredId} ${code} ${answers}`, `${id} 0 1`);
    // The question comes back, then a pointer to the name, type, class, seconds, length and the four bytes.
    const bytes = answer.subarray(header.length + question.length + 12).subarray(0, 4);
    expectAnswer(NAME.join('.'), bytes.join('.'), '192.0.2.80');
  },
};
export default client;

function ask(address: string, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.close();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error(`no answer from :53 in ${ANSWER_MS / 1000} s`)), ANSWER_MS);
    socket.on('error', fail);
    socket.on('message', (answer) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    });
    socket.connect(53, address, () => socket.send(message));
  });
}
