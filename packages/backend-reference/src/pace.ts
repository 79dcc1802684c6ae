// Takes turns with the rest of the program. Computing blocks the event loop, and awaiting a promise does not unblock
// it, so without this a whole caption would pass before a timer, a key press or an abort signal is heard.

const milliseconds = 30;

/** Says when it is time to let others run. */
export class Pace {
  private last = performance.now();

  /** Waits for one turn of the event loop if the last was more than 30 ms ago. */
  async breathe(): Promise<void> {
    if (performance.now() - this.last < milliseconds) return;
    await new Promise<void>((resolve) => setTimeout(resolve));
    this.last = performance.now();
  }
}
