/** Who may exec or attach gets a shell in a container; who may add an ephemeral container brings the tools along. */
import { accessRules, placeOf } from '../workload/access-rules.ts';
import { ATTACH, aggregatesTo, celOf, EPHEMERAL, EXEC, NODE_PROXY, opens } from './access.ts';
import type { ObjectControl } from './control.ts';
import { cis, kubernetes, technique } from './references.ts';

const WAYS = [EXEC, ATTACH, EPHEMERAL, NODE_PROXY];

const control: ObjectControl = {
  id: 'exec-access',
  on: 'object',
  kinds: ['ClusterRole', 'Role'],
  title: 'No role lets anybody into running containers',
  why: `\`pods/exec\` and \`pods/attach\` give a process in a container that runs; \`kubectl cp\` is an exec. A read-only root refuses
what it would write there, the volumes do not. \`pods/ephemeralcontainers\` (update, patch) adds a container with any image, whose
own root may be writable, to a pod for ever. \`nodes/proxy\` reaches the kubelet directly: it runs commands in every pod of the
node past admission and past the audit of exec, and \`get\` is enough. Before Kubernetes 1.35 \`get\` on pods/exec and pods/attach
was enough too, over a WebSocket (gate AuthorizePodWebsocketUpgradeCreatePermission). Wildcards count: \`*\`, and \`*/exec\`;
\`pods/*\` matches nothing in RBAC, and a Role gives nothing of nodes. The containers themselves stay what they are.`,
  verdict: 'immutable',
  level: 'standard',
  references: [
    kubernetes('RBAC good practices', 'concepts/security/rbac-good-practices/'),
    kubernetes('kubelet authorisation', 'reference/access-authn-authz/kubelet-authn-authz/'),
    cis('5.1.10'),
    technique('T1609', 'Container Administration Command'),
  ],
  aliases: [
    'Checkov: CKV2_K8S_2',
    'Kubescape: C-0002',
    'Kubescape: C-0279',
    'Kyverno: block-ephemeral-containers',
    'Kyverno: restrict-clusterrole-nodesproxy',
    'Polaris: clusterrolePodExecAttach',
    'Polaris: clusterrolebindingPodExecAttach',
    'Polaris: rolePodExecAttach',
    'Polaris: rolebindingClusterRolePodExecAttach',
    'Polaris: rolebindingRolePodExecAttach',
    'Trivy: KSV-0047',
    'Trivy: KSV-0053',
    'Trivy: KSV-0054',
  ],
  check({ object, target }) {
    return accessRules(object).flatMap((rule) => {
      const open = WAYS.filter((way) => opens(rule, way, object.kind, target));
      const [first] = open;
      if (first === undefined) return [];
      const args = {
        ways: open.map(({ words }) => words).join(', '),
        proxy: open.includes(NODE_PROXY),
        names: rule.names,
        aggregated: aggregatesTo(object),
      };
      return [{ path: placeOf(rule, first.resource, first.subresource), verdict: 'immutable' as const, args }];
    });
  },
  phrase: 'lets somebody into running containers',
  message({ ways, proxy, names, aggregated }) {
    const limit = names === 0 ? '' : ` (${names === 1 ? 'of one name' : `of ${names} names`})`;
    const into = aggregated === '' ? '' : ` Its rules are added to the role ${aggregated}.`;
    const past = proxy ? ' Through the proxy, past admission and the audit of exec.' : '';
    return `Who has this role may use ${ways}${limit} and so act in containers that run.${past}${into}`;
  },
  fix: {
    kind: 'needs-human',
    why: 'Some controllers and people need it: give it to as few as possible, for named pods, and not by a wildcard.',
  },
  cel: celOf(WAYS),
  bad: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: debugger
  namespace: shop
rules:
  - apiGroups: [""]
    resources: [pods, pods/log]
    verbs: [get, list]
  - apiGroups: [""]
    resources:
      - pods/exec # <-
    verbs: [create]
`,
  good: `apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: reader
  namespace: shop
rules:
  - apiGroups: [""]
    resources: [pods, pods/log]
    verbs: [get, list, watch]
`,
};

export default control;
