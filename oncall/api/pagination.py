from people.pagination import SafeCursor


class ByName(SafeCursor):
    ordering = ("name",)


class LatestFirst(SafeCursor):
    ordering = ("-start", "-id")


class ByNumber(SafeCursor):
    ordering = ("id",)
