// Dark or light: as the system has it, or as chosen here.

const KEY = 'racefacer-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');
/** @type {string | null} */
let forced = null;

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is closed to this page
  }
}

/** @returns {'dark' | 'light'} */
export function theme() {
  const wanted = forced ?? stored();
  if (wanted === 'dark' || wanted === 'light') return wanted;
  return dark.matches ? 'dark' : 'light';
}

function apply() {
  const now = theme();
  if (document.documentElement.dataset.theme === now) return;
  document.documentElement.dataset.theme = now;
  dispatchEvent(new Event('themechange'));
}

/** @param {string | null} wanted for this address alone; null: none */
export function forceTheme(wanted) {
  forced = wanted;
  apply();
}

export function switchTheme() {
  const next = theme() === 'dark' ? 'light' : 'dark';
  forced = null;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    forced = next;
  }
  apply();
}

dark.addEventListener('change', apply);
apply();
