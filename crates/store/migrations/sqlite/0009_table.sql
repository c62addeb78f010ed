-- What the table of customers is sorted and narrowed by.
create index contact_platform on contact (platform, id);
