/** Asks one UDP port without knowing what it speaks: somebody answers, or at least nobody refuses. */
import { createSocket } from 'node:dgram';

/** A datagram that nobody takes is refused at once in a pod's own network; a server that answers at all does so too. */
const ANSWER_MS = 500;
/** Datagrams may be lost, and a server that has just been started again may not be there at once. */
const TRIES = 3;
/**
 * The name servers of the root, as RFC 1035 (4.1) asks for them, without recursion: what serves names works through it, and
 * whatever else takes datagrams has to bear worse.
 */
const QUESTION = Buffer.from('70660000000100000000000000000200' + '01', 'hex');

/** `an answer`, `no refusal` (somebody may have taken it), or `nothing`: the port is closed. */
export async function askDatagram(host: string, port: number): Promise<string> {
  let answer = 'nothing';
  for (let tries = TRIES; tries > 0 && answer !== 'an answer'; tries--) answer = await askOnce(host, port);
  return answer;
}

function askOnce(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const end = (answer: string) => {
      clearTimeout(timer);
      socket.close();
      resolve(answer);
    };
    const timer = setTimeout(() => end('no refusal'), ANSWER_MS);
    socket.once('message', () => end('an answer'));
    socket.once('error', () => setTimeout(() => end('nothing'), ANSWER_MS / TRIES));
    socket.connect(port, host, () => socket.send(QUESTION));
  });
}
