// Composes the SDL of a file with the reviews, under the composer of a package: `node compose.mjs <package> <file>`.

import { readFileSync } from "node:fs";
import { parse } from "graphql";
import { typeDefs } from "./reviews.mjs";

const [composer, file] = process.argv.slice(2);
const { composeServices } = await import(composer);
const { errors, supergraphSdl } = composeServices([
  { name: "atrium", typeDefs: parse(readFileSync(file, "utf8")), url: "http://atrium.example/graphql" },
  { name: "reviews", typeDefs, url: "http://reviews.example/graphql" },
]);
console.log(JSON.stringify({ errors: (errors ?? []).map((error) => error.message), supergraphSdl }));
