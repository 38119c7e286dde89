import { html } from 'lit';

/** Words between backquotes are what the machine would accept: set in mono. Text only, never markup. */
export function withCode(sentence: string): unknown {
  return sentence.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}
