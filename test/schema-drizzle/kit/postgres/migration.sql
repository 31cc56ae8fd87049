CREATE SCHEMA "app";
--> statement-breakpoint
CREATE TYPE "app"."mood" AS ENUM('sad', 'happy');--> statement-breakpoint
CREATE TYPE "public"."role" AS ENUM('member', 'admin', 'it''s');--> statement-breakpoint
CREATE SEQUENCE "public"."tickets" INCREMENT BY 5 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 100 CACHE 1 CYCLE;--> statement-breakpoint
CREATE ROLE "reader";--> statement-breakpoint
CREATE TABLE "locked" (
	"id" serial PRIMARY KEY NOT NULL,
	"at" timestamp DEFAULT now()
);
--> statement-breakpoint
ALTER TABLE "locked" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "acme_logs" (
	"id" serial PRIMARY KEY NOT NULL,
	"user_id" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3)
);
--> statement-breakpoint
CREATE TABLE "app"."memberships" (
	"user_id" integer NOT NULL,
	"org_id" uuid NOT NULL,
	"note" text,
	CONSTRAINT "memberships_user_id_org_id_pk" PRIMARY KEY("user_id","org_id")
);
--> statement-breakpoint
CREATE TABLE "orgs" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" varchar(255) NOT NULL,
	"slug" "citext" NOT NULL,
	"price" numeric(12, 2) DEFAULT '0.00',
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3),
	CONSTRAINT "orgs_name_unique" UNIQUE("name"),
	CONSTRAINT "orgs_slug_key" UNIQUE NULLS NOT DISTINCT("slug")
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "users_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1000 CACHE 1),
	"legacy_id" bigserial NOT NULL,
	"org_id" uuid NOT NULL,
	"manager_id" integer,
	"role" "role" DEFAULT 'member' NOT NULL,
	"moods" "app"."mood"[] DEFAULT '{"happy"}' NOT NULL,
	"tags" text[] DEFAULT '{"a","b c"}',
	"matrix" integer[][],
	"first" text DEFAULT '' NOT NULL,
	"last" text DEFAULT 'o''hara' NOT NULL,
	"full" text GENERATED ALWAYS AS (first || ' ' || last) STORED,
	"age" smallint DEFAULT 18,
	"active" boolean DEFAULT true NOT NULL,
	"score" double precision DEFAULT 1.5,
	"ratio" real,
	"balance" numeric(10, 2) DEFAULT '0',
	"big" bigint,
	"born" date DEFAULT '2000-01-01',
	"wakes" time DEFAULT '07:00:00',
	"pause" interval,
	"address" "inet",
	"initials" char(2),
	"settings" jsonb DEFAULT '{"theme":"dark"}'::jsonb NOT NULL,
	"extra" json DEFAULT '[]'::json,
	"token" text,
	"embedding" vector(3),
	"expires" timestamp DEFAULT now() + interval '1 day',
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp (3),
	CONSTRAINT "users_org_id_first_unique" UNIQUE("org_id","first"),
	CONSTRAINT "users_org_last" UNIQUE NULLS NOT DISTINCT("org_id","last"),
	CONSTRAINT "users_age" CHECK ("users"."age" >= 0 and "users"."age" < 200)
);
--> statement-breakpoint
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "acme_logs" ADD CONSTRAINT "acme_logs_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."memberships" ADD CONSTRAINT "memberships_user" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "app"."memberships" ADD CONSTRAINT "memberships_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_org_id_orgs_id_fk" FOREIGN KEY ("org_id") REFERENCES "public"."orgs"("id") ON DELETE cascade ON UPDATE restrict;--> statement-breakpoint
ALTER TABLE "users" ADD CONSTRAINT "users_manager_id_users_id_fk" FOREIGN KEY ("manager_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "users_name_idx" ON "users" USING btree ("last","first" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "users_org_id_index" ON "users" USING btree ("org_id");--> statement-breakpoint
CREATE UNIQUE INDEX "users_lower_idx" ON "users" USING btree (lower("first")) WHERE "users"."active" is true;--> statement-breakpoint
CREATE INDEX "users_settings_idx" ON "users" USING gin ("settings" jsonb_path_ops) WITH (fastupdate=off);--> statement-breakpoint
CREATE INDEX CONCURRENTLY "users_born_idx" ON "users" USING btree ("born" NULLS FIRST);--> statement-breakpoint
CREATE VIEW "public"."active_users" WITH (security_invoker = true) AS (select "id", "first" from "users" where "users"."active" = true);--> statement-breakpoint
CREATE MATERIALIZED VIEW "public"."org_counts" AS (select "org_id", count(*) as "count" from "users" group by "users"."org_id");--> statement-breakpoint
CREATE POLICY "own_rows" ON "users" AS RESTRICTIVE FOR SELECT TO "reader" USING ("users"."active");