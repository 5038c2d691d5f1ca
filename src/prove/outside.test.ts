/** Who refused a request to reach into a pod, from the words of real API servers; and who asks. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Api } from '../cluster/api.ts';
import type { Cluster } from '../cluster/client.ts';
import { Failure } from '../failure.ts';
import type { Hands } from './attack.ts';
import execCommand from './attacks/exec-command.ts';
import { targetWith } from './fixtures/target.ts';
import { outsideOf, refusalOf, wordsOf } from './outside.ts';

const RBAC =
  'pods "web" is forbidden: User "jane" cannot get resource "pods/exec" in API group "" in the namespace "shop"';
const POD_SECURITY =
  'pods "web" is forbidden: violates PodSecurity "restricted:latest": runAsUser=0 (container "debug" must not set runAsUser=0)';
const WEBHOOK = 'admission webhook "exec.example.org" denied the request: nobody may';

test('RBAC and admission are told apart by their words, and anything else is no answer', () => {
  const layer = (status: number, message: string) => refusalOf(status, { message }).layer;
  assert.equal(layer(403, RBAC), 'RBAC');
  assert.equal(layer(403, POD_SECURITY), 'admission');
  assert.equal(layer(403, WEBHOOK), 'admission');
  assert.match(refusalOf(403, { message: WEBHOOK }).detail, /denied the request: nobody may/);
  const impersonation = 'users "jane" is forbidden: User "joe" cannot impersonate resource "users" in API group ""';
  assert.throws(() => layer(403, impersonation), /does not say whether it is allowed: users "jane"/);
  assert.throws(() => layer(404, 'pods "web" not found'), /does not say/);
  assert.throws(() => layer(500, ''), /status 500/);
});

test('somebody is a user, and the groups of that user', () => {
  assert.equal(wordsOf({ user: 'jane', groups: [] }), 'user jane');
  assert.equal(wordsOf({ user: 'jane', groups: ['a'] }), 'user jane of the group a');
  assert.equal(wordsOf({ user: 'jane', groups: ['a', 'b'] }), 'user jane of the groups a, b');
});

describe('permission', () => {
  const place = { namespace: 'petrify-x', pod: 'web', container: 'main' };
  const jane = { user: 'jane', groups: [] };
  type Answers = Readonly<Record<string, { status: number; body: object }>>;
  const ALLOWED = { status: 400, body: { message: 'Upgrade request required' } };
  const NO_RIGHT = { status: 403, body: { message: RBAC } };
  const REVIEW = 'POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  const review = (allowed: boolean) => ({ status: 201, body: { status: { allowed } } });

  const clusterOf = (answers: Answers, others?: Answers): Cluster => {
    const ask = async (question: string) => answers[question.split('?')[0]!] ?? { status: 404, body: {} };
    const api = {
      get: (path: string) => ask(`GET ${path}`),
      send: (method: string, path: string) => ask(`${method} ${path}`),
    } as unknown as Api;
    const cluster = { api, as: () => clusterOf(others ?? answers) } as unknown as Cluster;
    return cluster;
  };
  const path = '/api/v1/namespaces/petrify-x/pods/web/exec';
  const ask = (answers: Answers, theirs?: Answers, home?: string) =>
    outsideOf({ cluster: clusterOf(answers, theirs), place, identity: theirs && jane, home }).ask('exec');

  test('is what the API server says to a request without a connection', async () => {
    assert.ok('granted' in (await ask({ [`GET ${path}`]: ALLOWED })));
    const denied = await ask({ [`GET ${path}`]: { status: 403, body: { message: WEBHOOK } } });
    assert.ok('refused' in denied && denied.refused.layer === 'admission');
  });

  test('that turns out to be none when it is used is refused by RBAC, whatever carries it out', async () => {
    const refuse = async () => {
      throw new Failure('cluster-refused', 'The cluster does not open exec: Unexpected server response: 403.');
    };
    const cluster = { ...clusterOf({ [`GET ${path}`]: ALLOWED }), exec: refuse } as unknown as Cluster;
    const hands = { outside: outsideOf({ cluster, place, identity: undefined, home: undefined }) } as unknown as Hands;
    const [exec] = execCommand.plan(targetWith({ outside: { live: true, port: undefined } })).tries;
    assert.ok('act' in exec!);
    const { result, layer } = await exec.act(hands);
    assert.deepEqual([result, layer], ['refused', 'RBAC']);
  });

  test('for a pod that serves is that of the one who asks, by either verb', async () => {
    const own = { [`GET ${path}`]: ALLOWED };
    const none = await ask(own, { [`GET ${path}`]: NO_RIGHT, [`POST ${path}`]: NO_RIGHT });
    assert.ok('refused' in none && none.refused.layer === 'RBAC');
    const posts = await ask(own, { [`GET ${path}`]: NO_RIGHT, [`POST ${path}`]: ALLOWED });
    assert.ok('granted' in posts && posts.granted.carry === undefined, 'never done as somebody else');
  });

  test('for a copy is that in the workload’s own namespace, and it is done in the place of who has it', async () => {
    const own = { [`GET ${path}`]: ALLOWED };
    const theirs = { [`GET ${path}`]: NO_RIGHT, [`POST ${path}`]: NO_RIGHT };
    const without = await ask(own, { ...theirs, [REVIEW]: review(false) }, 'shop');
    assert.ok('refused' in without && without.refused.layer === 'RBAC');
    assert.match(without.refused.detail, /does not let user jane create pods\/exec in namespace shop/);
    const having = await ask(own, { ...theirs, [REVIEW]: review(true) }, 'shop');
    assert.ok('granted' in having && having.granted.carry !== undefined);
    assert.match(having.granted.note, /RBAC grants in namespace shop; on the copy it was done with Petrify’s own/);
    const denied = { status: 403, body: { message: WEBHOOK } };
    const admission = await ask({ [`GET ${path}`]: denied }, { ...theirs, [REVIEW]: review(true) }, 'shop');
    assert.ok('refused' in admission && admission.refused.layer === 'admission');
  });
});
