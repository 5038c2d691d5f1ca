import { connectEngine } from '/work/wt/images/src/engine/connect.ts';
import { archiveEntries } from '/work/wt/images/src/image/archive.ts';
const engine = await connectEngine('auto', {DOCKER_HOST:'unix:///run/petrify/podman.sock'});
import { openImageTree } from '/work/wt/images/src/image/layout.ts';
const orig = engine.copyOut;
const run='x'+Date.now();
let id='';
const e2 = {...engine, create: async (r:any)=> id=await engine.create(r)};
const tree = await openImageTree(e2 as any, {name:'localhost/petrify/test-shipped:1'}, run);
for (const p of ['/srv/app','/srv/app/','/srv/app/.','/srv/app/page.html','/srv/app/pipe','/srv/app/index','/srv/app/dangling','/srv','/srv/app/bin','/srv/app/logs']) {
  try { const out=[]; for await (const e of archiveEntries(await engine.copyOut(id,p))) out.push([e.name,e.type,e.mode.toString(8),e.uid,e.gid,e.linkTarget].join(' ')); console.log(p, out); } catch(e){console.log(p,String(e))}
  console.log(await engine.stat(id,p));
}
await tree.close();
