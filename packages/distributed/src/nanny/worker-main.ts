import { RemoteWorker } from "../worker/host/remote-worker.ts";
import { serveNanny } from "./serve-nanny.ts";

serveNanny((options) => RemoteWorker.start(options));
