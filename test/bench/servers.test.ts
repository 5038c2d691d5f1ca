/** The measure on real servers measures: a quick server goes through every step, and what is broken is told as broken. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Client } from '../../bench/servers/client.ts';
import { endsWith, speak } from '../../bench/servers/dialogue.ts';
import { type Server, serverNamed } from '../../bench/servers/fleet.ts';
import { unaided } from '../../bench/servers/program.ts';
import { type Score, scoreServer } from '../../bench/servers/score.ts';
import { servesThroughout } from '../../bench/servers/service.ts';
import { renderScores, totalsOf } from '../../bench/servers/table.ts';
import { ensureImage } from '../../setup/images.ts';
import { newRun } from '../../src/engine/runs.ts';
import { readDocuments } from '../../src/manifest/read.ts';
import { findWorkloads } from '../../src/workload/find.ts';
import { engine, skip } from '../example.ts';

const LOAD_SECONDS = 0.5;
const { signal } = new AbortController();

/** A client that asks as `client` does `good` times, and then only complains. */
function failingAfter(good: number, { check }: Client): Client {
  let asked = 0;
  return {
    async check(address) {
      asked += 1;
      if (asked > good) throw new Error('ERROR instead of STORED');
      await check(address);
    },
  };
}

describe('the measure on servers', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'petrify-test-servers-'));
  after(() => rmSync(folder, { recursive: true }));

  async function score(change: (server: Server) => Partial<Server>): Promise<Score> {
    const server = await serverNamed('memcached');
    await ensureImage(engine!, server.image);
    const changed = { ...server, ...change(server) };
    const hardenOptions = await unaided(signal);
    const options = { loadSeconds: LOAD_SECONDS, hardenOptions, folder, signal, progress: () => {} };
    return scoreServer(engine!, changed, options);
  }

  test('a server is hardened, put in service, restarted, loaded and attacked', async () => {
    const { asWritten, booleanAlone, harden, kept, service, attacks, failed } = await score(() => ({}));
    assert.equal(asWritten.failed, undefined);
    assert.equal(booleanAlone.failed, undefined, 'it writes nothing');
    assert.ok(harden.hardened && harden.starts! >= 2 && harden.seconds > 0, JSON.stringify(harden));
    assert.equal(service?.failed, undefined);
    assert.ok(service!.load!.checks > 8 && service!.load!.failures === 0, JSON.stringify(service));
    assert.ok(attacks!.blocked > 10, JSON.stringify(attacks));
    assert.equal(failed === undefined, attacks!.open.length === 0, 'it counts when nothing stayed open');
    assert.ok(kept!.user !== '' && kept!.capabilities !== '');
  });

  test('one whose client is answered wrongly once it is hardened does not count, and says with what', async () => {
    const { harden, service, failed } = await score(({ client }) => ({ client: failingAfter(2, client) }));
    assert.ok(harden.hardened);
    assert.match(failed ?? '', /^client check: ERROR instead of STORED/);
    assert.equal(service?.load, undefined, 'nothing comes after a failed step');
  });

  /** The unhardened manifest in service, for the sake of the steps alone. */
  async function serve(client: Client) {
    const server = await serverNamed('memcached');
    await ensureImage(engine!, server.image);
    const { documents } = readDocuments({ file: server.manifest, text: server.text });
    const [workload] = documents.flatMap(findWorkloads);
    const run = newRun();
    const serving = { engine: engine!, run, documents: [], client, signal };
    const service = await servesThroughout(workload!, serving, LOAD_SECONDS);
    assert.deepEqual(await engine!.labelled(run), { containers: [], networks: [] }, 'nothing is left behind');
    return service;
  }

  test('what fails after a new start, or only under load, is found there', async () => {
    const { client } = await serverNamed('memcached');
    const failed = async (good: number) => (await serve(failingAfter(good, client))).failed ?? '';
    assert.match(await failed(2), /^client check after SIGTERM and start: ERROR/);
    assert.match(await failed(3), /^client check after SIGKILL and start: ERROR/);
    assert.match(await failed(20), /^client check after the load: ERROR/);
  });

  test('the server is really stopped, and really killed: what it had only in memory is gone each time', async () => {
    const found: boolean[] = [];
    const check = async (address: string) => {
      found.push(await isRemembered(address));
    };
    const { failed } = await serve({ check });
    assert.equal(failed, undefined);
    assert.deepEqual(found.slice(0, 4), [false, true, false, false]);
    assert.ok(found.slice(-1)[0], 'nothing restarts it under load');
  });
});

/** Whether Memcached has what is set now, from the last time. */
function isRemembered(address: string): Promise<boolean> {
  return speak(address, 11211, async ({ send, answer }) => {
    send('get remembered\r\n');
    const had = String(await answer(endsWith('END\r\n'))).startsWith('VALUE');
    send('set remembered 0 60 3\r\nyes\r\n');
    await answer(endsWith('STORED\r\n'));
    return had;
  });
}

describe('the table', () => {
  const works = { readyMs: 10, failed: undefined, load: { seconds: 1, checks: 9, failures: 0 } };
  const refused = { readyMs: undefined, failed: 'not ready: a | b\nc', load: undefined };
  const good: Score = {
    server: 'good',
    asWritten: works,
    booleanAlone: refused,
    harden: { seconds: 4.4, starts: 3, hardened: true, obstacle: undefined },
    kept: { user: '65532', capabilities: 'none', mounts: ['/run', '/tmp'] },
    service: works,
    attacks: { verdicts: ['proven'], blocked: 20, residual: 3, succeeded: 0, unknown: 0, listed: [], open: [] },
    failed: undefined,
  };
  const bad: Score = { ...good, server: 'bad', booleanAlone: works, service: refused, failed: refused.failed };

  test('counts what is hardened and works, beside what the boolean alone achieves', () => {
    assert.deepEqual(totalsOf([good, bad, bad]), { servers: 3, hardened: 1, booleanAlone: 2 });
  });

  test('says each failure in one line, whatever the format', () => {
    assert.match(renderScores([good, bad], 'text'), /^bad: not ready: a \| b c$/m);
    assert.match(
      renderScores([good, bad], 'markdown'),
      /^\| good \| fails \| yes \| 3 \| 4 \| 65532 \| none \| 9, 0 \|/m,
    );
    assert.deepEqual(JSON.parse(renderScores([good, bad], 'json')).totals.hardened, 1);
  });
});
