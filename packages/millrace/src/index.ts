export * from "@millrace/bag";
export * from "@millrace/closure";
export * from "@millrace/delayed";
export * from "@millrace/graph";
export * from "@millrace/storage";
