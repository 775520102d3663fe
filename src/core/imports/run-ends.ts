/** The import is to be canceled. */
export class Canceled extends Error {}

/** Not an end: this process stops, or what it staged is gone. It is read again from the beginning. */
export class BegunAnew extends Error {}
