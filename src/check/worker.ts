/** The other end of a crew: judges what it is sent with a bench of its own, in the order in which it comes. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ManifestText } from '../manifest/document.ts';
import { judgeTexts } from './judge-text.ts';
import { benchOf, type Order } from './order.ts';

const port = parentPort!;
const bench = await benchOf(workerData as Order);
port.on('message', (texts: readonly ManifestText[]) => port.postMessage(judgeTexts(texts, bench)));
