/** How the page of a report looks, by day and by night, on a wall and on a telephone. */

export const STYLE = `
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#1b2026;--soft:#59636e;--line:#dde1e6;--code:#f0f2f5;--link:#0a58a8;--mutable:#b3261e;--bypassable:#8a5300;--immutable:#1b6e3c;--mutable-bg:#fbe9e7;--bypassable-bg:#fff3d6;--immutable-bg:#e3f4e8;--mark:#ffe08a}
@media (prefers-color-scheme:dark){:root{--page:#11151a;--card:#1a2027;--ink:#e4e8ec;--soft:#9ba6b2;--line:#2d353f;--code:#222a33;--link:#7ab8ff;--mutable:#ff8f86;--bypassable:#f3bd5c;--immutable:#74d393;--mutable-bg:#401c1a;--bypassable-bg:#3b2d10;--immutable-bg:#16351f;--mark:#66520f}}
*{box-sizing:border-box}
[hidden]{display:none!important}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1rem 4rem;display:flex;flex-direction:column;gap:1rem;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
header{order:-3}#summary{order:-2}#filter{order:-1}
h1,h2,h3,p,ul,dl,dd{margin:0}
h1{font-size:1.7rem;letter-spacing:-.02em}
h2{font-size:1.1rem}h3{font-size:1rem}
h2,h3,p,li,code{overflow-wrap:anywhere}
header p,.at,.note,.fix,footer,#count{color:var(--soft)}
.at,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.85rem;font-weight:400}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
main{display:flex;flex-direction:column;gap:1rem}
article,#filter{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem 1.2rem}
main>article{content-visibility:auto;contain-intrinsic-size:auto 30rem;border-left:.35rem solid var(--line)}
article[data-v=mutable]{border-left-color:var(--mutable)}
article[data-v=bypassable]{border-left-color:var(--bypassable)}
article[data-v=immutable]{border-left-color:var(--immutable)}
article>section{margin-top:.9rem;padding-top:.9rem;border-top:1px solid var(--line)}
.v{display:inline-block;padding:0 .55rem;border-radius:1rem;font-size:.8rem;font-weight:600;line-height:1.5rem;vertical-align:.05rem}
.v.mutable,.mutable dd{color:var(--mutable)}.v.mutable{background:var(--mutable-bg)}
.v.bypassable,.bypassable dd{color:var(--bypassable)}.v.bypassable{background:var(--bypassable-bg)}
.v.immutable,.immutable dd{color:var(--immutable)}.v.immutable{background:var(--immutable-bg)}
.p{margin-top:.7rem}
.x{display:block;white-space:pre-wrap;background:var(--code);border-radius:.4rem;padding:.45rem .7rem;margin:.25rem 0 .5rem}
p code{background:var(--code);border-radius:.25rem;padding:.05rem .25rem}
mark{background:var(--mark);color:inherit;border-radius:.2rem;padding:.05rem .1rem}
.p ul{list-style:none;padding:0;display:grid;gap:.6rem}
.p li{padding-left:.8rem;border-left:3px solid var(--line)}
.p li.mutable{border-left-color:var(--mutable)}
.p li.bypassable{border-left-color:var(--bypassable)}
.off b{text-decoration:line-through}
li a{font-size:.85rem;margin-left:.3rem}
.fix{font-size:.92rem}
#summary{display:flex;flex-direction:column;gap:.6rem}
#summary dl{display:flex;flex-wrap:wrap;gap:.8rem}
#summary dl div{flex:1 1 9rem;background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem 1rem;display:flex;flex-direction:column-reverse}
dd{font-size:2rem;font-weight:650;line-height:1.1;font-variant-numeric:tabular-nums}
#filter{display:flex;flex-wrap:wrap;gap:.8rem 1.2rem;align-items:center;position:sticky;top:0;z-index:1}
fieldset{border:0;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:.3rem 1rem}
legend{float:left;padding:0;margin-right:.2rem;font-weight:600}
select,input[type=search]{font:inherit;color:inherit;background:var(--page);border:1px solid var(--soft);border-radius:.4rem;padding:.25rem .5rem;max-width:100%}
#filter :is(select,input){font-weight:400}#filter>label{font-weight:600;display:flex;gap:.5rem;align-items:center;flex-wrap:wrap}
#count{margin-left:auto}
#controls{display:flex;flex-direction:column;gap:1rem;margin-top:2rem}
#controls article,.problems li{scroll-margin-top:9rem}
#controls p+p{margin-top:.4rem}
#controls ul{padding-left:1.2rem;margin-top:.4rem;font-size:.92rem}
@media (max-width:40rem){#filter{position:static}body{padding:1rem .6rem 3rem}article{padding:.8rem .9rem}}
@media print{#filter{display:none}article{break-inside:avoid;content-visibility:visible}}
`;
