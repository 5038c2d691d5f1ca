/** Reads directory records as the kernel writes them, and finds neighbours by their control groups. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hands } from './attack.ts';
import { workloadOf } from './fixtures/target.ts';
import type { Report } from './probe/decode.ts';
import type { Call, Output, Program } from './probe/program.ts';
import { everyCall } from './probe/program.ts';
import { namesIn, neighboursSeen, ownFirstProcess } from './processes.ts';

function record(name: string, type = 4): Buffer {
  const length = Math.ceil((19 + Buffer.byteLength(name) + 1) / 8) * 8;
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16LE(length, 16);
  bytes.writeUInt8(type, 18);
  bytes.write(name, 19);
  return bytes;
}

test('names of directory records', () => {
  const names = ['.', '..', '1', '4711', 'self', 'a-longer-name-than-eight'];
  assert.deepEqual(namesIn(Buffer.concat(names.map((name) => record(name)))), names);
  assert.deepEqual(namesIn(Buffer.alloc(0)), []);
});

test('broken records end the list and are never read beyond', () => {
  const whole = record('1');
  const long = record('2');
  long.writeUInt16LE(4096, 16);
  assert.deepEqual(namesIn(Buffer.concat([whole, long])), ['1']);
  const endless = record('3');
  endless.writeUInt16LE(0, 16);
  assert.deepEqual(namesIn(Buffer.concat([whole, endless])), ['1']);
  for (let length = 0; length < whole.length; length += 1) assert.deepEqual(namesIn(whole.subarray(0, length)), []);
});

/** A kernel with these processes: pid → control group and user. */
function handsWith(
  processes: Readonly<Record<number, { group: string; uid: number }>>,
  own: number,
  ownGroup = '',
): Hands {
  const probe = async (program: Program): Promise<Report> => {
    const values = new Map<Call, bigint>();
    const buffers = new Map<Output, Buffer>();
    let open: string | undefined;
    const fill = (call: Call, content: Buffer) => {
      const target = call.args.find((each) => typeof each === 'object' && 'output' in each) as Output;
      const bytes = Buffer.alloc(target.output);
      content.copy(bytes);
      buffers.set(target, bytes);
      return BigInt(Math.min(content.length, target.output));
    };
    const answer = (call: Call): bigint => {
      const path = String(call.args[1]);
      const process = processes[Number(/^\/proc\/(\d+)/.exec(path)?.[1])];
      if (call.name === 'geteuid') return BigInt(own);
      if (call.name === 'openat') open = path;
      if (call.name === 'getdents64') {
        return fill(
          call,
          Buffer.concat(['.', 'self', ...Object.keys(processes).toSorted()].map((name) => record(name))),
        );
      }
      if (call.name === 'statx') {
        if (process === undefined) return -2n;
        const facts = Buffer.alloc(256);
        facts.writeUInt32LE(0x1000, 0);
        facts.writeUInt32LE(process.uid, 20);
        fill(call, facts);
        return 0n;
      }
      if (call.name === 'read') {
        const pid = Number(/^\/proc\/(\d+)/.exec(open ?? '')?.[1]);
        const group = open === '/proc/self/cgroup' ? ownGroup : processes[pid]?.group;
        return fill(call, Buffer.from(group ?? ''));
      }
      return 0n;
    };
    for (const each of everyCall(program)) values.set(each, answer(each));
    const errno = (call: Call) => (values.get(call)! < 0n ? 'ENOENT' : null);
    return {
      value: (call) => values.get(call)!,
      errno,
      bytes: (output) => buffers.get(output)!,
      written: Buffer.alloc(0),
    };
  };
  const never = () => Promise.reject(new Error('not asked for'));
  return { probe, exec: never, copyIn: never, removeCopied: never };
}

const [one, two] = workloadOf({
  containers: [
    { name: 'one', image: 'example/one:1' },
    { name: 'two', image: 'example/two:1' },
  ],
}).containers;
const fellows = [
  { container: one!, id: 'aaaa1111' },
  { container: two!, id: 'bbbb2222' },
];

test('neighbours are told by the id in their control group; a process of the same user is preferred', async () => {
  const hands = handsWith(
    {
      1: { group: '0::/../pause', uid: 0 },
      7: { group: '8:pids:/libpod-aaaa1111\n0::/', uid: 0 },
      9: { group: '8:pids:/libpod-aaaa1111\n0::/', uid: 65532 },
      12: { group: '0::/', uid: 65532 },
      20: { group: '0::/../libpod-bbbb2222.scope', uid: 0 },
    },
    65532,
  );
  assert.deepEqual(await neighboursSeen(fellows, hands), [
    { container: one, pid: 9, uid: 65532 },
    { container: two, pid: 20, uid: 0 },
  ]);
});

test('of a neighbour’s processes the oldest counts, which has the lowest number', async () => {
  const group = '0::/libpod-aaaa1111';
  const hands = handsWith({ 10: { group, uid: 0 }, 9: { group, uid: 0 }, 100: { group, uid: 0 } }, 65532);
  assert.deepEqual(await neighboursSeen(fellows, hands), [{ container: one, pid: 9, uid: 0 }]);
});

test('where no process of a neighbour can be seen, it is said', async () => {
  const seen = await neighboursSeen(fellows, handsWith({ 1: { group: '0::/', uid: 0 } }, 0));
  assert.match(String(seen), /no process of another container/);
});

test('a container with thousands of processes is looked at in bounded steps', async () => {
  const many = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [index + 1, { group: '0::/', uid: 0 }]));
  many[901] = { group: 'aaaa1111', uid: 0 };
  let probes = 0;
  const hands = handsWith(many, 0);
  const probe = (program: Program) => {
    probes += 1;
    return hands.probe(program);
  };
  await neighboursSeen(fellows, { ...hands, probe });
  assert.ok(probes <= 4, `${probes} probes`);
});

test('the container’s own first process is the oldest in its control group; 1 where none is', async () => {
  const processes = {
    1: { group: '0::/pod/pause\n', uid: 65535 },
    7: { group: '0::/pod/other\n', uid: 33 },
    12: { group: '0::/pod/own\n', uid: 33 },
    9: { group: '0::/pod/own\n', uid: 0 },
  };
  assert.equal(await ownFirstProcess(handsWith(processes, 33, '0::/pod/own\n')), 9);
  assert.equal(await ownFirstProcess(handsWith(processes, 33, '0::/pod/none\n')), 1);
});
