import { SchedulerServer } from "../../../packages/distributed/dist/scheduler/server/scheduler-server.js";
import type { SchedulerServerOptions } from "../../../packages/distributed/dist/scheduler/server/scheduler-server-options.js";

/** A scheduler in this process whose machine checks itself. */
export function checkedScheduler(
  token: string,
  log: SchedulerServerOptions["log"],
  settings: SchedulerServerOptions["settings"] = {},
): Promise<SchedulerServer> {
  return SchedulerServer.start({
    host: "127.0.0.1",
    port: 0,
    token,
    tls: undefined,
    settings: { checked: true, ...settings },
    log,
  });
}
