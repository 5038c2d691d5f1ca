/** What the page of a proof adds to the style of a report: tables of attempts, and how they ended. */

export const PROOF_STYLE = `
:root{--proven:#0f5c2f;--proven-bg:#d3f0dd;--unknown:#6b3fa0;--unknown-bg:#efe6fa}
@media (prefers-color-scheme:dark){:root{--proven:#8fe6ab;--proven-bg:#12432a;--unknown:#c9a5f5;--unknown-bg:#33214a}}
article[data-v=proven]{border-left-color:var(--proven)}
.v.proven,.proven dd{color:var(--proven)}.v.proven{background:var(--proven-bg)}
.v.succeeded{color:var(--mutable);background:var(--mutable-bg)}
.v.unknown{color:var(--unknown);background:var(--unknown-bg)}
.v.residual{color:var(--bypassable);background:var(--bypassable-bg)}
.v.blocked{color:var(--immutable);background:var(--immutable-bg)}
.v{white-space:nowrap}
main>article{content-visibility:visible;display:flex;flex-direction:column;gap:1rem;min-width:0}
main>article>section{margin:0;padding:0;border:0;display:flex;flex-direction:column;gap:.5rem;min-width:0}
article header{order:0;display:flex;flex-direction:column;gap:.2rem}
.count{display:flex;flex-wrap:wrap;gap:.4rem .8rem;align-items:center}
.bar{display:flex;height:.6rem;border-radius:.3rem;overflow:hidden;background:var(--line);gap:2px}
.bar i{display:block;min-width:.35rem}
.bar .succeeded{background:var(--mutable)}.bar .unknown{background:var(--unknown)}.bar .residual{background:var(--bypassable)}.bar .blocked{background:var(--immutable)}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;font-size:.92rem}
.facts dt{color:var(--soft)}.facts dd{font-size:inherit;font-weight:400;line-height:inherit;overflow-wrap:anywhere}
.reasons{padding-left:1.2rem;display:grid;gap:.3rem}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
caption{text-align:left;color:var(--soft);padding-bottom:.3rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .9rem .35rem 0;border-top:1px solid var(--line);white-space:nowrap}
thead th{border-top:0;color:var(--soft);font-weight:600;font-size:.85rem;white-space:nowrap}
tbody th{font-weight:400;min-width:11rem;max-width:22rem;white-space:normal;overflow-wrap:anywhere}
td.what{width:99%;min-width:14rem;white-space:normal;overflow-wrap:anywhere}
tr.group th{padding-top:.8rem;font-weight:600;max-width:none}
tr.group+tr>*{border-top-style:dotted}
tr.group .at{margin-left:.5rem}
details{border:1px solid var(--line);border-radius:.5rem;padding:0 .9rem}
details+details{margin-top:-.4rem}
summary{cursor:pointer;padding:.55rem 0;font-weight:600}
summary .count{display:inline-flex;font-weight:400;margin-left:.5rem;font-size:.92rem}
details>.wide{padding-bottom:.7rem}
#attacks{display:flex;flex-direction:column;gap:1rem;margin-top:1rem}
#attacks>article{scroll-margin-top:1rem}
#attacks p+p{margin-top:.4rem}
h4{margin:0;font-size:1rem}
@media (max-width:40rem){.facts{grid-template-columns:1fr}.facts dd{margin-bottom:.35rem}details{padding:0 .6rem}thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}tr{display:flex;flex-wrap:wrap;gap:.2rem .8rem;padding:.45rem 0;border-top:1px solid var(--line)}tr>*,tr.group+tr>*{border:0;padding:0}tr.group th{padding-top:.4rem}tbody th,td.what{flex:1 1 100%;max-width:none;min-width:0}td:empty{display:none}}
@media print{details::details-content{content-visibility:visible}}
`;
