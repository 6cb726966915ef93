/** The stack's server with an ear at its door: every request, every response and every new session passes by here. */
import { OPCUAServer, type OPCUAServerOptions, ServiceFault, type StatusCode } from './stack.ts';

type Message = Parameters<OPCUAServer['on_request']>[0];
export type Channel = Parameters<OPCUAServer['on_request']>[1];
export type Request = Message['request'];
export type Response = Parameters<Channel['send_response']>[1];

export interface ServerWatch {
  /** Called instead of the service: does nothing, or `serve`s now or later, or `refuse`s. */
  request(request: Request, serve: () => void, refuse: (status: StatusCode) => void): void;
  /** Called instead of sending; not calling `send` keeps the answer from the client. */
  response(response: Response, send: () => void): void;
  /** A session has begun; `open` sessions are open at this moment. */
  sessionOpened(open: number): void;
}

export class WatchedServer extends OPCUAServer {
  readonly #watch: ServerWatch;

  constructor(options: OPCUAServerOptions, watch: ServerWatch) {
    super(options);
    this.#watch = watch;
    this.on('newChannel', (channel) => {
      const send = channel.send_response.bind(channel);
      channel.send_response = (type, response, message, callback) =>
        watch.response(response, () => send(type, response, message, callback));
    });
  }

  override on_request(message: Message, channel: Channel): void {
    this.#watch.request(
      message.request,
      () => {
        if (this.initialized && !channel.aborted) super.on_request(message, channel);
      },
      (serviceResult) =>
        channel.send_response(
          'MSG',
          new ServiceFault({ responseHeader: { serviceResult } }),
          message,
        ),
    );
  }

  protected override createSession(...options: Parameters<OPCUAServer['createSession']>) {
    const session = super.createSession(...options);
    this.#watch.sessionOpened(this.currentSessionCount);
    return session;
  }
}
