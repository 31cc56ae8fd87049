-- AlterTable
ALTER TABLE "users" DROP COLUMN "legacy_id",
ADD COLUMN     "name" TEXT,
ADD COLUMN     "status" TEXT NOT NULL;

-- CreateIndex
CREATE INDEX "users_name_idx" ON "users"("name");
