"""Tables that tools print about containers, pods, images and nodes, read into rows.

Nothing here knows what a row is about: that is said by whoever has the catalog, or makes records of the rows.
"""

from rkedoc.listing.listing import Listing, Unread, Unreadable, read
from rkedoc.listing.row import ListingRow

__all__ = ["Listing", "ListingRow", "Unread", "Unreadable", "read"]
