CREATE SCHEMA "app";

--> statement-breakpoint
CREATE TYPE "app"."mood" AS ENUM('sad', 'happy');
--> statement-breakpoint
CREATE TYPE "role" AS ENUM('member', 'admin');
--> statement-breakpoint
CREATE SEQUENCE "public"."tickets" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 5 CACHE 1 CYCLE;
--> statement-breakpoint
CREATE TABLE "app"."notes" (
	"id" serial PRIMARY KEY,
	"mood" "app"."mood"[],
	"text" text CONSTRAINT "notes_text" UNIQUE NULLS NOT DISTINCT
);

--> statement-breakpoint
ALTER TABLE "app"."notes" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE TABLE "orgs" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "orgs_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"name" text NOT NULL UNIQUE
);

--> statement-breakpoint
CREATE TABLE "places" (
	"id" bigint PRIMARY KEY DEFAULT 5,
	"at" geometry(point,4326),
	"raw" bytea,
	"grid" integer[][] DEFAULT '{{1},{2}}'::integer[],
	CONSTRAINT "places_id" CHECK ("id" > 5)
);

--> statement-breakpoint
ALTER TABLE "places" ENABLE ROW LEVEL SECURITY;
--> statement-breakpoint
CREATE TABLE "users" (
	"id" integer,
	"org_id" integer,
	"tags" text[] DEFAULT '{a,b c}'::text[],
	"role" "role" DEFAULT 'member'::"role" NOT NULL,
	"total" integer DEFAULT 1 + 1,
	"shout" text GENERATED ALWAYS AS (upper('x')) STORED,
	CONSTRAINT "users_pkey" PRIMARY KEY("id","org_id"),
	CONSTRAINT "users_id_total_unique" UNIQUE NULLS NOT DISTINCT("id","total"),
	CONSTRAINT "users_total" CHECK ("total" > 1)
);

--> statement-breakpoint
CREATE TABLE "visits" (
	"visit_id" integer PRIMARY KEY,
	"place_name" text UNIQUE
);

--> statement-breakpoint
CREATE INDEX "notes_mood_index" ON "app"."notes" USING gin ("mood" array_ops) WITH (fastupdate=off);
--> statement-breakpoint
CREATE INDEX "places_far" ON "places" ("id") WHERE (("raw" = 'x') and ("id" > 4));
--> statement-breakpoint
CREATE INDEX "users_org_id_total_index" ON "users" ("org_id","total" DESC NULLS LAST);
--> statement-breakpoint
CREATE UNIQUE INDEX "users_lower" ON "users" (lower("shout")) WHERE "total" > 0;
--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_org_id_orgs_id_fkey" FOREIGN KEY ("org_id") REFERENCES "orgs"("id") ON DELETE CASCADE;
--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_org" FOREIGN KEY ("id") REFERENCES "orgs"("id");
--> statement-breakpoint
CREATE POLICY "all_read" ON "app"."notes" AS PERMISSIVE FOR SELECT TO public USING (true);
