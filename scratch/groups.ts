import { connectEngine } from '../src/engine/connect.ts';
import { runPod } from '../src/engine/sandbox.ts';
import { builtImage } from '../test/engine/images.ts';
import { workloadsIn } from '../test/engine/workloads.ts';
const engine = await connectEngine('auto', {DOCKER_HOST:'unix:///run/petrify/podman.sock'});
const image = await builtImage(engine as any,'memberships','RUN useradd -u 101 -g 33 app && groupadd -g 103 certs && groupadd -g 104 app2 && usermod -aG certs,adm app && usermod -aG tape root');
for (const ctx of [{runAsUser:101},{runAsUser:101,runAsGroup:103},{runAsUser:101,runAsGroup:50},{runAsUser:101,runAsGroup:50,supplementalGroups:[7]},{runAsUser:101,supplementalGroups:[7],fsGroup:9},{},{runAsGroup:5},{runAsUser:999}]) {
  const {workload,documents}=workloadsIn(JSON.stringify({apiVersion:'v1',kind:'Pod',metadata:{name:'g'},spec:{securityContext:ctx,containers:[{name:'m',image,command:['sleep','60'],readinessProbe:{exec:{command:['true']}}}]}}));
  const pod = await runPod(engine as any, workload,{run:'gg'+Date.now(),documents,readyTimeoutMs:9000} as any);
  const r=await pod.exec(pod.containers[0]!,['sh','-c','grep -E "^(Uid|Gid|Groups)" /proc/1/status | tr "\n" " "; id']);
  console.log(JSON.stringify(ctx), String(r.stdout), String(r.stderr), pod.differences);
  await pod.remove();
}
