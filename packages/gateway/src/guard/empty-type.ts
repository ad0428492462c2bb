/** A type of its own, which is all that the library knows a value by. */
export function emptyType(): new () => object {
  // oxlint-disable-next-line typescript/no-extraneous-class
  return class {}
}
