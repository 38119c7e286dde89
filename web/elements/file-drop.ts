/** A file dropped anywhere on the page. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

export class FileDrop implements ReactiveController {
  /** A file hovers over the page. */
  isOver = false;
  private readonly host: ReactiveControllerHost;
  private readonly onFile: (file: File) => void;

  constructor(host: ReactiveControllerHost, onFile: (file: File) => void) {
    this.host = host;
    this.onFile = onFile;
    host.addController(this);
  }

  hostConnected(): void {
    for (const [name, listener] of this.listeners) document.addEventListener(name, listener);
  }

  hostDisconnected(): void {
    for (const [name, listener] of this.listeners) document.removeEventListener(name, listener);
  }

  private readonly listeners: readonly ['dragover' | 'dragleave' | 'drop', (event: DragEvent) => void][] = [
    ['dragover', (event) => this.hover(event)],
    // Leaving for another element of the page is no leaving.
    ['dragleave', (event) => event.relatedTarget === null && this.setOver(false)],
    ['drop', (event) => this.take(event)],
  ];

  private hover(event: DragEvent): void {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault(); // else the browser opens the file in place of the page
    event.dataTransfer.dropEffect = 'copy';
    this.setOver(true);
  }

  private take(event: DragEvent): void {
    this.setOver(false);
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    const file = event.dataTransfer.files[0];
    if (file !== undefined) this.onFile(file);
  }

  private setOver(isOver: boolean): void {
    if (this.isOver === isOver) return;
    this.isOver = isOver;
    this.host.requestUpdate();
  }
}
