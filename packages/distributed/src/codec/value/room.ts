/** Items of a new array that are given room at once; V8 keeps more in a slower form. */
const ROOM_MAX = 2 ** 25;

/** An array with room for so many items. */
export function roomFor(count: number): unknown[] {
  return count <= ROOM_MAX ? new Array<unknown>(count) : [];
}
