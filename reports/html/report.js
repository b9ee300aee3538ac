(() => {
  const $ = (s, e = document) => [...e.querySelectorAll(s)];
  const form = document.getElementById('filter'), q = document.getElementById('q'), shown = document.getElementById('shown');
  const columns = $('#columns > [data-version]').map(c => ({version: c.dataset.version, only: c.dataset.target.toLowerCase()}));
  const areas = $('.area').map(el => ({el, open: el.open, name: el.id.slice(5).toLowerCase(), rows: $('.row', el).map(el => ({el, cells: $('summary > b', el).map(b => b.className)}))}));
  const buttons = $('button[data-status]');
  const text = r => r.text ??= r.el.textContent.toLowerCase();
  const level = (r, w) => (r.levels ??= $('.req > li, .finding > p', r.el).map(l => l.textContent.toLowerCase())).some(l => l.split(/\s+/).includes(w));
  const apply = () => {
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean), by = {status: [], area: [], version: [], level: [], only: []}, plain = [];
    for (const w of words) {
      const [k, v] = [w.slice(0, w.indexOf(':')), w.slice(w.indexOf(':') + 1)];
      if (by[k]) { if (v) by[k].push(v); } else plain.push(w);
    }
    const cell = (v, i) => v && (!by.status.length || by.status.includes(v)) && (!by.version.length || by.version.includes(columns[i].version)) && by.only.every(o => columns[i].only.includes(o));
    let n = 0, all = 0;
    for (const a of areas) {
      let any = false;
      const here = !by.area.length || by.area.includes(a.name);
      for (const r of a.rows) {
        const ok = here && r.cells.some(cell) && by.level.every(w => level(r, w)) && plain.every(w => text(r).includes(w));
        if (r.el.hidden === ok) r.el.hidden = !ok;
        any ||= ok; all++; if (ok) n++;
      }
      a.el.hidden = !any;
      if (words.length) a.el.open = any; else a.el.open = a.open;
    }
    shown.textContent = words.length ? n + ' of ' + all : all + ' scenarios';
    for (const b of buttons) b.setAttribute('aria-pressed', by.status.includes(b.dataset.status));
  };
  let wait;
  q.addEventListener('input', () => { clearTimeout(wait); wait = setTimeout(apply, 80); });
  form.addEventListener('submit', e => { e.preventDefault(); apply(); });
  for (const b of buttons) b.addEventListener('click', () => {
    const word = 'status:' + b.dataset.status, words = q.value.split(/\s+/).filter(Boolean);
    q.value = (words.includes(word) ? words.filter(w => w !== word) : [...words, word]).join(' ');
    apply();
  });
  document.addEventListener('keydown', e => { if (e.key === '/' && document.activeElement !== q) { e.preventDefault(); q.focus(); } });
  const go = () => {
    let el = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!el) return;
    if (el.hidden) { q.value = ''; apply(); }
    for (let d = el; d; d = d.parentElement) if (d.tagName === 'DETAILS') d.open = true;
    el.scrollIntoView();
  };
  addEventListener('hashchange', go);
  form.hidden = false;
  apply();
  go();
})();
