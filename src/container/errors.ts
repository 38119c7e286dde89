/** A request that a container refuses: `message` is one sentence for the user, in runsc's words where it has them. */
export class ContainerError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ContainerError';
  }
}
