/** Lines as `kubectl logs`, the kubelet's files and Docker's json-file driver give them, taken out of their envelopes. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { splitLog } from './log-envelope.ts';

const one = (text: string) => [{ pod: undefined, container: undefined, text }];

test('plain lines stay as they are', () => {
  assert.deepEqual(splitLog('a\n  b [x] {"log":1}\n{"log":"mine"}\n'), one('a\n  b [x] {"log":1}\n{"log":"mine"}\n'));
  assert.deepEqual(splitLog(''), []);
});

test('kubectl logs --timestamps', () => {
  const time = '2026-11-23T09:00:00.123456789Z';
  assert.deepEqual(splitLog(`${time} a\r\n${time.replace('Z', '+01:00')} b\n`), one('a\nb\n'));
});

test('kubectl logs --all-containers --prefix, with timestamps too', () => {
  const log = [
    '[pod/web-7d9-x/nginx] a',
    '[pod/web-7d9-x/side] 2026-11-23T09:00:00Z b',
    '[pod/web-7d9-x/nginx] c',
  ].join('\n');
  assert.deepEqual(splitLog(log), [
    { pod: 'web-7d9-x', container: 'nginx', text: 'a\nc\n' },
    { pod: 'web-7d9-x', container: 'side', text: 'b\n' },
  ]);
});

test('a file of the kubelet: parts of a line are joined, each stream by itself', () => {
  const log = [
    '2026-11-23T09:00:00.1Z stdout P be',
    '2026-11-23T09:00:00.2Z stderr F other',
    '2026-11-23T09:00:00.3Z stdout F gin',
    '2026-11-23T09:00:00.4Z stdout P end',
  ].join('\n');
  assert.deepEqual(splitLog(log), one('other\nbegin\nend\n'));
});

test('a file of Docker', () => {
  const line = (log: string) => JSON.stringify({ log, stream: 'stderr', time: '2026-11-23T09:00:00.1Z' });
  assert.deepEqual(splitLog(`${line('be')}\n${line('gin\n')}\n${line('x\r\n')}\n`), one('begin\nx\n'));
});

test('any text is survived, and no character of a plain line is lost', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (lines) => {
      const plain = lines.map((line) => `:${line.replace(/[\r\n]/g, '')}`);
      const text = plain.map((line) => `${line}\n`).join('');
      assert.equal(splitLog(text)[0]?.text ?? '', text);
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => splitLog(text).length <= 1 || text.includes('[pod/')));
});
