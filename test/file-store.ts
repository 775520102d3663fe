import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Where a service keeps the files of texts that came in: behind a password, which sends on to the file itself. */
export class FileStore {
  readonly asked: { path: string; authorization: string | undefined }[] = [];
  readonly files = new Map<string, Buffer>();
  /** Statuses of the next answers, before it goes well. */
  readonly troubles: number[] = [];
  /** It takes questions and says nothing. */
  isSilent = false;
  readonly #server = createServer((request, response) => {
    const path = request.url ?? '';
    this.asked.push({ path, authorization: request.headers.authorization });
    if (this.isSilent) return;
    const trouble = this.troubles.shift();
    if (trouble !== undefined) return void response.writeHead(trouble).end();
    if (path.startsWith('/kept')) return void response.writeHead(307, { location: path.replace('/kept', '') }).end();
    const bytes = this.files.get(path);
    if (bytes === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': 'image/jpeg' }).end(bytes);
  });

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Gives the address that a carrier tells. */
  keep(name: string, bytes: Buffer): string {
    this.files.set(`/${name}`, bytes);
    return `${this.url}/kept/${name}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
