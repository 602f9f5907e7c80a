/** What says how modules are loaded. */
const loading = /^(?:--import|--require|-r|--loader|--experimental-loader|--conditions|-C)(?:=|$)/;

/**
 * Threads have the options of the process. Only a script that stands on the command line has a type
 * of its own, which no file may be given: then they have those that load modules.
 */
export function inheritedArgv(): { readonly execArgv?: string[] } {
  const { execArgv } = process;
  if (!execArgv.some((arg) => arg.startsWith("--input-type"))) return {};
  return {
    execArgv: execArgv.filter(
      (arg, n) =>
        loading.test(arg) || (!arg.startsWith("-") && loading.test(execArgv[n - 1] ?? "")),
    ),
  };
}
