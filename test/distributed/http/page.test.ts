import { createHash } from "node:crypto";
import { Client } from "@millrace/distributed";
import { expect, it } from "vitest";
import { Served, bearer, token } from "./served.ts";

/** What browsers have taken for code. */
const payloads = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "</td></table><svg onload=alert(1)>",
  "</style><script>alert(1)</script>",
  "</title><script>alert(1)</script>",
  '" onmouseover=alert(1) x="',
  "' onmouseover=alert(1) x='",
  "javascript:alert(1)",
  "<a href=javascript:alert(1)>x</a>",
  "<!--><script>alert(1)</script-->",
  "<iframe srcdoc='<script>alert(1)</script>'>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "&#60;script&#62;",
  "<scr\0ipt>alert(1)</scr\0ipt>",
  "\u202e<tpircs>",
  "<math><mtext></table><mglyph><style><img src=x onerror=alert(1)>",
  "{{constructor.constructor('alert(1)')()}}",
  "${alert(1)}",
  "]]><script>alert(1)</script>",
  "<base href=//evil.example>",
  "<meta http-equiv=refresh content=0;url=//evil.example>",
  "<form action=//evil.example><button>",
  "<object data=//evil.example>",
  "<link rel=stylesheet href=//evil.example>",
];

it("whatever keys, names and errors hold is shown as text", async () => {
  await using served = await Served.start();
  await served.addWorker(payloads[0] as string);
  const name = payloads[1] as string;
  await using client = await Client.connect(served.server.url, { token, name });
  const values = payloads.map((key) => client.submit((n: number) => n, [1], { key }));
  await client.gather(values);
  const failing = payloads.slice(0, 12).map((key) =>
    client.submit(
      (): number => {
        throw new Error("no");
      },
      [],
      { key: `failing ${key}` },
    ),
  );
  await Promise.allSettled(failing.map(async (each) => each.result()));
  const { status, headers, text } = await served.ask("/", bearer);
  expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
  // Nothing but the elements of the page itself, with the attributes that it gives them.
  const tags = new Set(Array.from(text.matchAll(/<[^>]*>/g), ([tag]) => tag));
  expect([...tags].toSorted()).toMatchInlineSnapshot(`
    [
      "<!doctype html>",
      "</body>",
      "</h1>",
      "</h2>",
      "</head>",
      "</html>",
      "</p>",
      "</style>",
      "</table>",
      "</tbody>",
      "</td>",
      "</th>",
      "</thead>",
      "</title>",
      "</tr>",
      "<body>",
      "<h1>",
      "<h2>",
      "<head>",
      "<html lang="en">",
      "<meta charset="utf-8">",
      "<meta http-equiv="refresh" content="5">",
      "<meta name="viewport" content="width=device-width">",
      "<p class="muted">",
      "<p>",
      "<style>",
      "<table>",
      "<tbody>",
      "<td class="n">",
      "<td>",
      "<th scope="col" class="n">",
      "<th scope="col">",
      "<thead>",
      "<title>",
      "<tr>",
    ]
  `);
  expect(text.match(/<script|<img|<svg|<iframe|onerror=[^&]*>/g)).toBeNull();
  expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(text).toContain("&amp;lt;script&amp;gt;");
  expect(text).not.toContain("\u202e");
  expect(text).not.toContain("\0");
});

it("the page may load nothing but its own style, and runs nothing", async () => {
  await using served = await Served.start();
  const { headers, text } = await served.ask("/", bearer);
  const style = /<style>([^]*)<\/style>/.exec(text)?.[1] ?? "";
  const hash = createHash("sha256").update(style).digest("base64");
  expect(headers["content-security-policy"]).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; frame-ancestors 'none'; base-uri 'none'; ` +
      "form-action 'none'",
  );
  expect(text).toContain('<meta http-equiv="refresh" content="5">');
  expect(text.match(/ (?:style|on\w+|src|href)=/g)).toBeNull();
});

it("keys in JSON are no markup for who takes it for some", async () => {
  await using served = await Served.start();
  await served.addWorker("w");
  await using client = await Client.connect(served.server.url, { token });
  using future = client.submit((n: number) => n, [1], { key: payloads[0] as string });
  await future.result();
  const { headers, text } = await served.ask("/api/v1/tasks?state=memory", bearer);
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect((JSON.parse(text) as { tasks: { key: string }[] }).tasks[0]?.key).toBe(payloads[0]);
});
