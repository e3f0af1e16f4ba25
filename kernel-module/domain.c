// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sharing domains: pages merge only with pages of the same domain.
 *
 * By default a process merges with processes whose memory it could read anyway:
 * same uid and same pid namespace. A default domain holds a reference to its
 * namespace, so that neither its address nor its inode number can stand for
 * another one while pages of the domain exist.
 *
 * An operator may bind a pid namespace to a domain by number. A binding, too,
 * holds a reference, and is dropped when the namespace has no init any more.
 */
#include <linux/cred.h>
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/ns_common.h>
#include <linux/pid.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "upm.h"

#define DEFAULT_BIT	BIT_ULL(63)

static DEFINE_HASHTABLE(domains, 10);
/* Guards @domains; a domain in it may have no references, and is then leaving. */
static DEFINE_SPINLOCK(domains_lock);
static unsigned long nr_domains;

/**
 * struct upm_binding - a pid namespace bound to a domain
 * @list:   in the list of bindings
 * @ns:     the namespace; a reference
 * @domain: the domain; a reference
 */
struct upm_binding {
	struct list_head list;
	struct pid_namespace *ns;
	struct upm_domain *domain;
};

static LIST_HEAD(bindings);
static DEFINE_MUTEX(bindings_lock);

static u32 domain_hash(u64 id, kuid_t uid, struct pid_namespace *ns)
{
	return hash_64(id ^ (u64)(unsigned long)ns ^ __kuid_val(uid), 32);
}

/* @id is 0 for default domains, @ns NULL for named ones. */
static struct upm_domain *domain_find(u32 hash, u64 id, kuid_t uid,
				      struct pid_namespace *ns)
{
	struct upm_domain *domain;

	hash_for_each_possible(domains, domain, node, hash) {
		if (ns ? domain->pid_ns == ns && uid_eq(domain->uid, uid) :
			 !domain->pid_ns && domain->id == id)
			if (refcount_inc_not_zero(&domain->refs))
				return domain;
	}
	return NULL;
}

static struct upm_domain *domain_get(u64 id, kuid_t uid, struct pid_namespace *ns)
{
	u32 hash = domain_hash(id, uid, ns);
	struct upm_domain *domain, *new;

	spin_lock(&domains_lock);
	domain = domain_find(hash, id, uid, ns);
	spin_unlock(&domains_lock);
	if (domain)
		return domain;

	new = kzalloc(sizeof(*new), GFP_KERNEL_ACCOUNT | __GFP_NOWARN |
					    __GFP_NORETRY);
	if (!new)
		return NULL;
	refcount_set(&new->refs, 1);
	new->id = ns ? get_random_u64() | DEFAULT_BIT : id;
	new->salt = get_random_u64();
	new->uid = ns ? uid : INVALID_UID;
	new->pid_ns = ns ? get_pid_ns(ns) : NULL;

	spin_lock(&domains_lock);
	domain = domain_find(hash, id, uid, ns);
	if (!domain) {
		hash_add(domains, &new->node, hash);
		nr_domains++;
		domain = new;
		new = NULL;
	}
	spin_unlock(&domains_lock);
	if (new) {
		if (new->pid_ns)
			put_pid_ns(new->pid_ns);
		kfree(new);
	}
	return domain;
}

/**
 * upm_domain_get() - take a reference
 * @domain: a domain the caller has a reference to
 */
void upm_domain_get(struct upm_domain *domain)
{
	refcount_inc(&domain->refs);
}

/**
 * upm_domain_put() - drop a reference; may sleep
 * @domain: the domain
 */
void upm_domain_put(struct upm_domain *domain)
{
	if (refcount_dec_not_one(&domain->refs))
		return;
	spin_lock(&domains_lock);
	if (!refcount_dec_and_test(&domain->refs)) {
		spin_unlock(&domains_lock);
		return;
	}
	hash_del(&domain->node);
	nr_domains--;
	spin_unlock(&domains_lock);
	WARN_ON_ONCE(atomic_long_read(&domain->stable) ||
		     atomic_long_read(&domain->candidates));
	if (domain->pid_ns)
		put_pid_ns(domain->pid_ns);
	kfree(domain);
}

/**
 * upm_domain_by_id() - the domain with a number that an operator named
 * @id: the number, 1 to 2^63-1
 *
 * Return: the domain with a reference, or an ERR_PTR().
 */
struct upm_domain *upm_domain_by_id(u64 id)
{
	struct upm_domain *domain;

	if (!id || id & DEFAULT_BIT)
		return ERR_PTR(-EINVAL);
	domain = domain_get(id, INVALID_UID, NULL);
	return domain ? domain : ERR_PTR(-ENOMEM);
}

static bool ns_is_alive(struct pid_namespace *ns)
{
	return READ_ONCE(ns->pid_allocated) & PIDNS_ADDING;
}

/* The caller holds @bindings_lock. */
static struct upm_binding *binding_find(struct pid_namespace *ns)
{
	struct upm_binding *each;

	list_for_each_entry(each, &bindings, list)
		if (each->ns == ns)
			return each;
	return NULL;
}

static void binding_free(struct upm_binding *binding)
{
	list_del(&binding->list);
	upm_domain_put(binding->domain);
	put_pid_ns(binding->ns);
	kfree(binding);
}

static struct upm_domain *domain_bound(struct pid_namespace *ns)
{
	struct upm_domain *domain = NULL;
	struct upm_binding *binding;

	if (list_empty(&bindings))
		return NULL;
	mutex_lock(&bindings_lock);
	binding = binding_find(ns);
	if (binding) {
		domain = binding->domain;
		upm_domain_get(domain);
	}
	mutex_unlock(&bindings_lock);
	return domain;
}

/**
 * upm_domain_of_task() - the domain of a process
 * @task: the process, referenced
 *
 * Return: the domain with a reference. -EPERM for a process that runs with more
 * than one uid (set-uid programs): it is nobody's equal. -ESRCH if it is gone.
 */
struct upm_domain *upm_domain_of_task(struct task_struct *task)
{
	struct upm_domain *domain;
	const struct cred *cred;
	struct pid_namespace *ns;
	struct pid *pid;
	kuid_t uid;
	bool mixed;

	rcu_read_lock();
	cred = __task_cred(task);
	uid = cred->uid;
	mixed = !uid_eq(uid, cred->euid) || !uid_eq(uid, cred->suid);
	rcu_read_unlock();

	/* The pid keeps its namespace. */
	pid = get_task_pid(task, PIDTYPE_PID);
	ns = ns_of_pid(pid);
	if (!ns)
		return ERR_PTR(-ESRCH);

	domain = domain_bound(ns);
	if (!domain && mixed)
		domain = ERR_PTR(-EPERM);
	if (!domain)
		domain = domain_get(0, uid, ns);
	put_pid(pid);
	return domain ? domain : ERR_PTR(-ENOMEM);
}

/**
 * upm_domain_is_bound() - whether a pid namespace is bound
 * @ns: the namespace
 *
 * Return: true if so.
 */
bool upm_domain_is_bound(struct pid_namespace *ns)
{
	bool bound;

	mutex_lock(&bindings_lock);
	bound = binding_find(ns);
	mutex_unlock(&bindings_lock);
	return bound;
}

/**
 * upm_domain_bind() - bind a pid namespace to a domain
 * @ns: the namespace
 * @id: number of the domain
 *
 * Return: 0, -EINVAL for a number that cannot be named, -ESRCH if the namespace
 * has ended, -ENOMEM.
 */
int upm_domain_bind(struct pid_namespace *ns, u64 id)
{
	struct upm_domain *domain, *old = NULL;
	struct upm_binding *binding, *new;
	int err = 0;

	domain = upm_domain_by_id(id);
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new) {
		upm_domain_put(domain);
		return -ENOMEM;
	}

	mutex_lock(&bindings_lock);
	binding = binding_find(ns);
	if (!ns_is_alive(ns)) {
		err = -ESRCH;
		old = domain;
	} else if (binding) {
		old = binding->domain;
		binding->domain = domain;
	} else {
		new->ns = get_pid_ns(ns);
		new->domain = domain;
		list_add_tail(&new->list, &bindings);
		new = NULL;
	}
	mutex_unlock(&bindings_lock);
	if (old)
		upm_domain_put(old);
	kfree(new);
	return err;
}

/**
 * upm_domain_unbind() - undo upm_domain_bind()
 * @ns: the namespace
 *
 * Return: 0, or -ENOENT if it is not bound.
 */
int upm_domain_unbind(struct pid_namespace *ns)
{
	struct upm_binding *binding;

	mutex_lock(&bindings_lock);
	binding = binding_find(ns);
	if (binding)
		binding_free(binding);
	mutex_unlock(&bindings_lock);
	return binding ? 0 : -ENOENT;
}

/**
 * upm_domain_sweep() - drop the bindings of namespaces that have ended
 */
void upm_domain_sweep(void)
{
	struct upm_binding *each, *next;

	mutex_lock(&bindings_lock);
	list_for_each_entry_safe(each, next, &bindings, list)
		if (!ns_is_alive(each->ns))
			binding_free(each);
	mutex_unlock(&bindings_lock);
}

/**
 * upm_domain_exit() - drop all bindings
 */
void upm_domain_exit(void)
{
	struct upm_binding *each, *next;

	mutex_lock(&bindings_lock);
	list_for_each_entry_safe(each, next, &bindings, list)
		binding_free(each);
	mutex_unlock(&bindings_lock);
	WARN_ON_ONCE(nr_domains);
}

/**
 * upm_domain_count() - number of domains
 *
 * Return: the number.
 */
unsigned long upm_domain_count(void)
{
	return READ_ONCE(nr_domains);
}

/**
 * upm_domain_bytes() - memory of domains
 *
 * Return: bytes.
 */
unsigned long upm_domain_bytes(void)
{
	return upm_domain_count() * sizeof(struct upm_domain);
}

/**
 * upm_domain_fill() - list domains and bindings
 * @entries: where to
 * @room:    how many fit
 *
 * Return: how many there are.
 */
u32 upm_domain_fill(struct upm_domain_entry *entries, u32 room)
{
	struct upm_binding *binding;
	struct upm_domain *domain;
	unsigned int bucket;
	u32 nr = 0;

	spin_lock(&domains_lock);
	hash_for_each(domains, bucket, domain, node) {
		if (nr++ >= room)
			continue;
		entries[nr - 1] = (struct upm_domain_entry) {
			.domain = domain->id,
			.kind = domain->pid_ns ? UPM_DOMAIN_DEFAULT :
						 UPM_DOMAIN_NAMED,
			.uid = domain->pid_ns ?
				       from_kuid_munged(&init_user_ns, domain->uid) :
				       ~0U,
			.pid_ns = domain->pid_ns ? domain->pid_ns->ns.inum : 0,
			.stable_pages = atomic_long_read(&domain->stable),
			.candidates = atomic_long_read(&domain->candidates),
		};
	}
	spin_unlock(&domains_lock);

	mutex_lock(&bindings_lock);
	list_for_each_entry(binding, &bindings, list) {
		if (!ns_is_alive(binding->ns) || nr++ >= room)
			continue;
		entries[nr - 1] = (struct upm_domain_entry) {
			.domain = binding->domain->id,
			.kind = UPM_DOMAIN_BINDING,
			.uid = ~0U,
			.pid_ns = binding->ns->ns.inum,
		};
	}
	mutex_unlock(&bindings_lock);
	return nr;
}
