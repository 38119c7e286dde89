/** Dark or light: what the reader chose, else what the system says. The choice is kept where storage is allowed. */

export type Theme = 'dark' | 'light';

const KEY = 'stasis-theme';
const systemIsLight = matchMedia('(prefers-color-scheme: light)');

export function currentTheme(): Theme {
  const chosen = document.documentElement.dataset['theme'];
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return systemIsLight.matches ? 'light' : 'dark';
}

/** Takes up an earlier choice; before the first paint. */
export function applyStoredTheme(): void {
  const stored = read();
  if (stored !== null) document.documentElement.dataset['theme'] = stored;
}

export function toggleTheme(): Theme {
  const theme = currentTheme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset['theme'] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage is denied: the choice holds for this page only.
  }
  return theme;
}

/** Calls `listener` whenever colours may have changed; answers how to stop that. */
export function onThemeChange(listener: () => void): () => void {
  const observer = new MutationObserver(listener);
  observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  systemIsLight.addEventListener('change', listener);
  return () => {
    observer.disconnect();
    systemIsLight.removeEventListener('change', listener);
  };
}

function read(): Theme | null {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'dark' || stored === 'light' ? stored : null;
  } catch {
    return null;
  }
}
