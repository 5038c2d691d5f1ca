/** What the page of a report does in a browser: it filters. Without it everything is there to be read. */

export const SCRIPT = `
(() => {
  'use strict';
  const form = document.getElementById('filter');
  const boxes = [...form.querySelectorAll('input[name=verdict]')];
  const control = document.getElementById('control');
  const namespace = document.getElementById('namespace');
  const text = document.getElementById('text');
  const count = document.getElementById('count');
  const all = [...document.querySelectorAll('main > article')].map((element) => ({
    element,
    verdict: element.dataset.v,
    namespace: element.dataset.n,
    findings: [...element.querySelectorAll('[data-c]')],
    words: undefined,
  }));
  const present = new Set();
  for (const one of all) for (const finding of one.findings) present.add(finding.dataset.c);
  for (const option of [...control.options]) if (option.value !== '' && !present.has(option.value)) option.remove();
  for (const name of [...new Set(all.map((one) => one.namespace))].filter((name) => name !== undefined).sort())
    namespace.add(new Option(name, 'n:' + name));
  let filtered = '';
  const apply = () => {
    const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
    const wanted = text.value.trim().toLowerCase();
    let shown = 0;
    for (const one of all) {
      let fits = one.verdict === 'object' || verdicts.has(one.verdict);
      fits = fits && (namespace.value === '' || 'n:' + one.namespace === namespace.value);
      fits = fits && (control.value === '' || one.findings.some((finding) => finding.dataset.c === control.value));
      if (fits && wanted !== '') {
        if (one.words === undefined) one.words = one.element.textContent.toLowerCase();
        fits = one.words.includes(wanted);
      }
      one.element.hidden = !fits;
      if (!fits) continue;
      shown += 1;
      if (filtered !== control.value)
        for (const finding of one.findings) {
          finding.hidden = control.value !== '' && finding.dataset.c !== control.value;
          const place = finding.closest('.p');
          place.hidden = [...place.querySelectorAll('[data-c]')].every((other) => other.hidden);
        }
    }
    filtered = control.value;
    count.textContent = shown + ' of ' + all.length + ' shown';
  };
  let timer;
  form.addEventListener('change', apply);
  text.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(apply, 120);
  });
  form.addEventListener('submit', (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();
`;
