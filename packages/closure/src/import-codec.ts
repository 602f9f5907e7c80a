import { codecNamed, type Codec } from "./codecs.ts";
import { importModule } from "./module-function.ts";

/**
 * The codec of a name, after importing the module that registers it, which is skipped where the
 * name is known already; undefined where it still is not.
 *
 * @param name - the name that was registered where the value was encoded
 * @param module - the `module` of that codec: a package, looked up from the working directory, or
 *   an absolute URL
 * @example
 * ```ts
 * import { importCodec } from "@millrace/closure";
 *
 * (await importCodec("URL"))?.name; // => "URL"
 * await importCodec("nobody registered this"); // => undefined
 * ```
 */
export async function importCodec(name: string, module?: string): Promise<Codec | undefined> {
  if (codecNamed(name) === undefined && module !== undefined) await importModule(module);
  return codecNamed(name);
}
