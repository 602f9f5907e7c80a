import { Socket, type OnReadOpts, type SocketConstructorOpts } from "node:net";

/**
 * The same connection as a socket that reads to where `onread` says, which a server cannot ask for:
 * with the memory that it takes for each read, receiving costs twice as much. This is how node
 * itself hands a connection to another process. The given socket is of no use afterwards; it has to
 * be one that was accepted with `pauseOnConnect`, so that nothing of it was read. Undefined where
 * that is not to be had, as with TLS; then the given one stays as it is.
 */
export function adoptSocket(accepted: Socket, onread: OnReadOpts): Socket | undefined {
  const held = accepted as unknown as { _handle?: object | null };
  const handle = held._handle;
  if (handle === undefined || handle === null || !accepted.isPaused()) return undefined;
  held._handle = null;
  accepted.destroy();
  const options: SocketConstructorOpts & { readonly handle: object; readonly onread: OnReadOpts } =
    {
      handle,
      readable: true,
      writable: true,
      onread,
    };
  const socket = new Socket(options);
  socket.read(0);
  return socket;
}
