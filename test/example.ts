/** The engine and the pods that tests across rooms run: the example's nginx, and shells on its image. */
import { readFileSync } from 'node:fs';
import { connectEngine } from '../src/engine/connect.ts';
import type { Engine } from '../src/engine/engine.ts';

export const IMAGE = 'localhost/petrify/nginx:1';
export const DEPLOYMENT = new URL('../examples/nginx/deployment.yaml', import.meta.url).pathname;
export const deploymentText = readFileSync(DEPLOYMENT, 'utf8');

const found = await connectEngine('auto', process.env).catch((error: Error) => error);
const hasImage = found instanceof Error ? false : (await found.image(IMAGE)) !== undefined;

export const engine: Engine | undefined = found instanceof Error ? undefined : found;
/** Why tests with containers are skipped, or false. */
export const skip: string | false =
  found instanceof Error ? `no engine answers: ${found.message}` : hasImage ? false : `image ${IMAGE} is not there`;

/** A Pod whose only container runs a shell script and then waits; as written by somebody who never heard of hardening. */
export function shellPod(script: string): string {
  const indented = script.trim().replaceAll('\n', '\n          ');
  return `apiVersion: v1
kind: Pod
metadata:
  name: app
spec:
  containers:
    - name: app
      image: ${IMAGE}
      command:
        - sh
        - -c
        - |
          ${indented}
          trap 'exit 0' TERM QUIT; while :; do sleep 0.1; done
`;
}
