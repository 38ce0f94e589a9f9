/*
 * The language that the reader chose, in every group of tabs of every page.
 */
import { onMounted } from 'vue';

const KEY = 'cdk-rotating-secret-language';

/** Once, for the whole site. */
export function rememberLanguage(): void {
  onMounted(() => {
    document.addEventListener('change', ({ target, isTrusted }) => {
      if (!isTrusted || !(target instanceof HTMLInputElement) || !target.matches('.vp-code-group input')) { return; }
      const label = labelOf(target);
      const before = label.getBoundingClientRect().top;
      save(label.textContent!);
      showLanguage();
      // The groups above have another height now: what was clicked stays where it is.
      window.scrollBy({ top: label.getBoundingClientRect().top - before, behavior: 'instant' });
    });
    showLanguage();
  });
}

export function showLanguage(): void {
  const language = saved();
  for (const group of document.querySelectorAll('.vp-code-group')) {
    const inputs = [...group.querySelectorAll('input')];
    const chosen = inputs.findIndex((input) => labelOf(input).textContent === language);
    if (chosen < 0) { continue; }
    inputs[chosen].checked = true;
    [...group.querySelector('.blocks')!.children].forEach((block, index) => block.classList.toggle('active', index === chosen));
  }
}

function labelOf(input: HTMLInputElement): HTMLElement {
  return input.labels![0];
}

/** Browsers may refuse storage. */
function save(language: string): void {
  try { localStorage.setItem(KEY, language); } catch { memory = language; }
}

function saved(): string | null {
  try { return localStorage.getItem(KEY) ?? memory; } catch { return memory; }
}

let memory: string | null = null;
