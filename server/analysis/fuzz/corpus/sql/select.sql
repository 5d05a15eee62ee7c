with a as (select id, sum(x) over (partition by y) as s from t), b as (select * from a)
select b.*, case when a.id > 1 then 2 end c from b left join o using (id) union all select 1;
insert into t (a) select * exclude (b) from u; merge into m using s on m.id = s.id when matched then update set a = s.a;
create table x (a int); update x set a = (select max(b) from y);
